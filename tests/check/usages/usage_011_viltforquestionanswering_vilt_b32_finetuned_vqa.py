from PIL import Image
from transformers import ViltProcessor, ViltForQuestionAnswering

model = ViltForQuestionAnswering.from_pretrained("dandelin/vilt-b32-finetuned-vqa")
processor = ViltProcessor.from_pretrained("dandelin/vilt-b32-finetuned-vqa")

image = Image.open("photo.jpg").convert("RGB")
encoding = processor(image, "How many cats are there?", return_tensors="pt")
index = model(**encoding).logits.argmax(-1).item()
print(model.config.id2label[index])
