import pytesseract
from PIL import Image
from transformers import AutoModelForSeq2SeqLM, TrOCRProcessor

processor = TrOCRProcessor.from_pretrained("microsoft/trocr-base-handwritten")
model = AutoModelForSeq2SeqLM.from_pretrained("microsoft/trocr-base-handwritten")


def read(path):
    image = Image.open(path).convert("RGB")
    printed = pytesseract.image_to_string(image)
    pixel_values = processor(image, return_tensors="pt").pixel_values
    written = processor.batch_decode(model.generate(pixel_values), skip_special_tokens=True)[0]
    return printed, written
