"""Products that look like what a customer describes."""

import torch
from transformers import AutoProcessor, CLIPModel

NAME = "google/siglip-base-patch16-224"


class ProductSearch:
    def __init__(self):
        self.model = CLIPModel.from_pretrained(NAME)
        self.processor = AutoProcessor.from_pretrained(NAME)

    def chances(self, pictures, description):
        inputs = self.processor(
            text=[description], images=pictures, padding="max_length", return_tensors="pt"
        )
        outputs = self.model(**inputs)
        return torch.softmax(outputs.logits_per_image, dim=0)
