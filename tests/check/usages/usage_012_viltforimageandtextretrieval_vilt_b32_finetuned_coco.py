from PIL import Image
from transformers import ViltForImageAndTextRetrieval, ViltProcessor

processor = ViltProcessor.from_pretrained("dandelin/vilt-b32-finetuned-coco")
model = ViltForImageAndTextRetrieval.from_pretrained("dandelin/vilt-b32-finetuned-coco")

image = Image.open("match.jpg").convert("RGB")
scores = {}
for text in ["An image of two cats", "A football player scoring a goal"]:
    encoding = processor(image, text, return_tensors="pt")
    scores[text] = model(**encoding).logits[0, :].item()
