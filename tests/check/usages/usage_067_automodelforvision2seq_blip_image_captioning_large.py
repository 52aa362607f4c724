from PIL import Image
from transformers import AutoModelForVision2Seq, AutoProcessor

name = "Salesforce/blip-image-captioning-large"
processor = AutoProcessor.from_pretrained(name)
model = AutoModelForVision2Seq.from_pretrained(name)


def identify_plant(path):
    image = Image.open(path).convert("RGB")
    inputs = processor(images=image, text="the species of this plant is", return_tensors="pt")
    return processor.decode(model.generate(**inputs)[0], skip_special_tokens=True)
