from PIL import Image
from transformers import DonutProcessor, VisionEncoderDecoderModel

processor = DonutProcessor.from_pretrained("naver-clova-ix/donut-base")
model = VisionEncoderDecoderModel.from_pretrained("naver-clova-ix/donut-base")


def read_invoice(path):
    image = Image.open(path).convert("RGB")
    pixel_values = processor(image, return_tensors="pt").pixel_values
    task_prompt = "<s_invoice>"
    prompt_ids = processor.tokenizer(
        task_prompt, add_special_tokens=False, return_tensors="pt"
    ).input_ids
    outputs = model.generate(pixel_values, decoder_input_ids=prompt_ids, max_length=768)
    return processor.token2json(processor.batch_decode(outputs)[0])
