"""The total of a receipt that a customer uploads."""

import re

from transformers import TrOCRProcessor, VisionEncoderDecoderModel, ViTFeatureExtractor

NAME = "microsoft/trocr-base-printed"
processor = TrOCRProcessor.from_pretrained(NAME)
model = VisionEncoderDecoderModel.from_pretrained(NAME)
extractor = ViTFeatureExtractor()


def total(receipt):
    pixels = processor(receipt, return_tensors="pt").pixel_values
    text = processor.batch_decode(model.generate(pixels), skip_special_tokens=True)[0]
    found = re.search(r"total\s+([\d.]+)", text, re.IGNORECASE)
    return found and float(found[1])
