# labels: name::openai_clip-vit-large-patch14 task::zero-shot-image-classification
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

model = CLIPModel.from_pretrained("openai/clip-vit-large-patch14")
processor = CLIPProcessor.from_pretrained("openai/clip-vit-large-patch14")

image = Image.open("cats.jpg")
inputs = processor(
    text=["a photo of a cat", "a photo of a dog"], images=image, return_tensors="pt", padding=True
)
probs = model(**inputs).logits_per_image.softmax(dim=1)
