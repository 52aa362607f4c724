import torch
from torch import nn
from transformers import BlipModel, BlipProcessor

processor = BlipProcessor.from_pretrained("Salesforce/blip-image-captioning-base")
blip = BlipModel.from_pretrained("Salesforce/blip-image-captioning-base")
for parameter in blip.parameters():
    parameter.requires_grad = False


class FakeNews(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 2))

    def forward(self, inputs):
        image = blip.get_image_features(pixel_values=inputs["pixel_values"])
        text = blip.get_text_features(input_ids=inputs["input_ids"])
        return self.head(torch.cat([image, text], dim=-1))
