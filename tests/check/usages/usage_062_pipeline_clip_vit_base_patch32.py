from PIL import Image
from transformers import pipeline

describe = pipeline("image-to-text", model="openai/clip-vit-base-patch32")
print(describe(Image.open("photo.jpg"))[0]["generated_text"])
