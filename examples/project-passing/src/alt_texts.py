"""Alternative texts for the pictures of products."""

from transformers import BlipForConditionalGeneration, BlipProcessor

NAME = "Salesforce/blip-image-captioning-base"


class AltTexts:
    def __init__(self):
        self.processor = BlipProcessor.from_pretrained(NAME)
        self.model = BlipForConditionalGeneration.from_pretrained(NAME)

    def write(self, picture):
        inputs = self.processor(picture, return_tensors="pt")
        ids = self.model.generate(**inputs, max_new_tokens=30)
        return self.processor.decode(ids[0], skip_special_tokens=True)
