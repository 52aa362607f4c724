import torch
from transformers import AutoProcessor, BlipModel


class BlipScore(torch.nn.Module):
    def __init__(self, device="cuda"):
        super().__init__()
        self.processor = AutoProcessor.from_pretrained("Salesforce/blip-image-captioning-base")
        self.model = BlipModel.from_pretrained("Salesforce/blip-image-captioning-base").to(device)

    def forward(self, images, prompt):
        inputs = self.processor(text=prompt, images=images, return_tensors="pt", padding=True)
        image = self.model.get_image_features(pixel_values=inputs["pixel_values"])
        text = self.model.get_text_features(input_ids=inputs["input_ids"])
        return torch.cosine_similarity(image, text)
