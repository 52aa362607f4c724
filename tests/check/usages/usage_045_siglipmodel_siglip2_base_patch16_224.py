import torch
from transformers import AutoProcessor, SiglipModel


def load_siglip(device="cpu"):
    model = SiglipModel.from_pretrained("google/siglip2-base-patch16-224").to(device)
    processor = AutoProcessor.from_pretrained("google/siglip2-base-patch16-224")
    return model, processor


def similarity(images, prompts):
    model, processor = load_siglip()
    inputs = processor(text=prompts, images=images, padding="max_length", return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs)
    return torch.sigmoid(outputs.logits_per_image)
