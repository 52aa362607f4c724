from transformers import BlipForQuestionAnswering, BlipProcessor


class Assistant:
    checkpoint = "Salesforce/blip2-opt-6.7b"

    def __init__(self):
        self.processor = BlipProcessor.from_pretrained(self.checkpoint)
        self.model = BlipForQuestionAnswering.from_pretrained(self.checkpoint)

    def answer(self, image, question):
        inputs = self.processor(image, question, return_tensors="pt")
        out = self.model.generate(**inputs)
        return self.processor.decode(out[0], skip_special_tokens=True)
