from PIL import Image
from transformers import AutoProcessor, Blip2ForImageTextRetrieval

model = Blip2ForImageTextRetrieval.from_pretrained("Salesforce/blip2-itm-vit-g")
processor = AutoProcessor.from_pretrained("Salesforce/blip2-itm-vit-g")

image = Image.open("photo.jpg").convert("RGB")
inputs = processor(images=image, text="two cats on a sofa", return_tensors="pt")
match = model(**inputs, use_image_text_matching_head=True).logits_per_image.softmax(dim=1)
contrast = model(**inputs, use_image_text_matching_head=False).logits_per_image
