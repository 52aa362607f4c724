import torch
from transformers import CLIPModel, CLIPProcessor


class SemanticSegment:
    def __init__(self, device):
        self.device = device
        self.clip_processor, self.clip_model = self.init_clip()

    def init_clip(self):
        processor = CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")
        model = CLIPModel.from_pretrained("openai/clip-vit-base-patch32").to(self.device)
        return processor, model

    def best_class(self, crop, candidates):
        inputs = self.clip_processor(text=candidates, images=crop, return_tensors="pt", padding=True)
        probs = self.clip_model(**inputs).logits_per_image.softmax(dim=1)
        return candidates[torch.argmax(probs).item()]
