import torch
from transformers import AutoProcessor, SiglipModel

model = SiglipModel.from_pretrained("google/siglip-base-patch16-224")
processor = AutoProcessor.from_pretrained("google/siglip-base-patch16-224")

sequences = ["a cycling race", "a photo of two cats", "a robot holding a candle"]
inputs = processor(text=sequences, images=image, padding="max_length", return_tensors="pt")
outputs = model(**inputs)
probabilities = torch.softmax(outputs.logits_per_image, dim=1)
