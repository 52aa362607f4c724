from transformers import CLIPModel, CLIPProcessor


class SiglipExpert:
    """Scores frames of a video."""

    def __init__(self, device="cuda"):
        self.model = CLIPModel.from_pretrained("google/siglip-base-patch16-224").to(device)
        self.processor = CLIPProcessor.from_pretrained("google/siglip-base-patch16-224")

    def score(self, frames, prompts):
        inputs = self.processor(text=prompts, images=frames, return_tensors="pt", padding=True)
        return self.model(**inputs).logits_per_image
