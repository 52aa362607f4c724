import re

from pdf2image import convert_from_path
from transformers import TrOCRProcessor, VisionEncoderDecoderModel


class ReceiptReader:
    def __init__(self):
        self.processor = TrOCRProcessor.from_pretrained("microsoft/trocr-base-stage1")
        self.model = VisionEncoderDecoderModel.from_pretrained("microsoft/trocr-base-stage1")

    def read(self, pdf):
        text = ""
        for page in convert_from_path(pdf):
            pixel_values = self.processor(page, return_tensors="pt").pixel_values
            ids = self.model.generate(pixel_values)
            text += self.processor.batch_decode(ids, skip_special_tokens=True)[0]
        return {"total": re.search(r"total\s+([0-9.]+)", text, re.IGNORECASE)}
