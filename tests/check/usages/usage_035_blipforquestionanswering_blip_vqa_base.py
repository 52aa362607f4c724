import torch
from PIL import Image
from transformers import BlipForQuestionAnswering, BlipProcessor


class VisualQuestionAnswering:
    def __init__(self, device):
        self.torch_dtype = torch.float16 if "cuda" in device else torch.float32
        self.device = device
        self.processor = BlipProcessor.from_pretrained("Salesforce/blip-vqa-base")
        self.model = BlipForQuestionAnswering.from_pretrained(
            "Salesforce/blip-vqa-base", dtype=self.torch_dtype
        ).to(self.device)

    def inference(self, inputs):
        image_path, question = inputs.split(",")[0], ",".join(inputs.split(",")[1:])
        raw_image = Image.open(image_path).convert("RGB")
        inputs = self.processor(raw_image, question, return_tensors="pt").to(self.device)
        out = self.model.generate(**inputs)
        return self.processor.decode(out[0], skip_special_tokens=True)
