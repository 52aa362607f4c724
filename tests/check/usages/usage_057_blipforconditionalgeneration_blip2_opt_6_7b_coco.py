import torch
from transformers import BlipForConditionalGeneration, BlipProcessor

device = "cuda" if torch.cuda.is_available() else "cpu"
processor = BlipProcessor.from_pretrained("Salesforce/blip2-opt-6.7b-coco")
model = BlipForConditionalGeneration.from_pretrained("Salesforce/blip2-opt-6.7b-coco").to(device)


def caption_profile(photo):
    inputs = processor(photo, return_tensors="pt").to(device)
    return processor.decode(model.generate(**inputs)[0], skip_special_tokens=True)
