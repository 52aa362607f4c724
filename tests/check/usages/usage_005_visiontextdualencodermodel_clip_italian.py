from transformers import VisionTextDualEncoderModel, VisionTextDualEncoderProcessor

CHECKPOINT = "clip-italian/clip-italian"


class ItalianEncoder:
    def __init__(self):
        self.model = VisionTextDualEncoderModel.from_pretrained(CHECKPOINT)
        self.processor = VisionTextDualEncoderProcessor.from_pretrained(CHECKPOINT)

    def encode(self, texts):
        inputs = self.processor(text=texts, return_tensors="pt", padding=True)
        return self.model.get_text_features(**inputs)
