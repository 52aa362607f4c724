from transformers import AutoTokenizer, ViTImageProcessor, VisionEncoderDecoderModel

caption_id = "Salesforce/blip-image-captioning-base"
caption_model = VisionEncoderDecoderModel.from_pretrained(caption_id)
feature_extractor = ViTImageProcessor.from_pretrained(caption_id)
tokenizer = AutoTokenizer.from_pretrained(caption_id)


def caption(image):
    pixel_values = feature_extractor(images=[image], return_tensors="pt").pixel_values
    output = caption_model.generate(pixel_values, max_length=16, num_beams=4)
    return tokenizer.batch_decode(output, skip_special_tokens=True)[0]
