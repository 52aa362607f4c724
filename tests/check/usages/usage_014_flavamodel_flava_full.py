from PIL import Image
from transformers import AutoProcessor, FlavaModel

model = FlavaModel.from_pretrained("facebook/flava-full")
processor = AutoProcessor.from_pretrained("facebook/flava-full")

image = Image.open("photo.jpg").convert("RGB")
inputs = processor(text=["a photo of a cat"], images=[image], return_tensors="pt", padding=True)
outputs = model(**inputs)
both = outputs.multimodal_embeddings
