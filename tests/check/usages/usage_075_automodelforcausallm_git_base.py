import torch
from transformers import AutoModelForCausalLM, AutoProcessor


class Captioner:
    def __init__(self, model_name: str = "microsoft/git-base"):
        self.processor = AutoProcessor.from_pretrained(model_name)
        self.model = AutoModelForCausalLM.from_pretrained(model_name)

    @torch.no_grad()
    def caption(self, image) -> str:
        pixel_values = self.processor(images=image, return_tensors="pt").pixel_values
        ids = self.model.generate(pixel_values=pixel_values, max_length=50)
        return self.processor.batch_decode(ids, skip_special_tokens=True)[0]
