from transformers import BlipForConditionalGeneration, BlipProcessor

BASELINES = {"blip-vqa": "Salesforce/blip-vqa-capfilt-large"}


def build_baseline(name: str):
    processor = BlipProcessor.from_pretrained(BASELINES["blip-vqa"])
    model = BlipForConditionalGeneration.from_pretrained(BASELINES["blip-vqa"])
    return processor, model


processor, model = build_baseline("blip-vqa")
inputs = processor(image, "what is in the basket?", return_tensors="pt")
answer = processor.decode(model.generate(**inputs)[0], skip_special_tokens=True)
