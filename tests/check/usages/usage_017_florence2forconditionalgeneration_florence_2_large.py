from PIL import Image
from transformers import AutoProcessor, Florence2ForConditionalGeneration

model = Florence2ForConditionalGeneration.from_pretrained("florence-community/Florence-2-large")
processor = AutoProcessor.from_pretrained("florence-community/Florence-2-large")

image = Image.open("photo.jpg").convert("RGB")
prompt = "<CAPTION>"
inputs = processor(text=prompt, images=image, return_tensors="pt")
ids = model.generate(**inputs, max_new_tokens=100)
text = processor.batch_decode(ids, skip_special_tokens=False)[0]
print(processor.post_process_generation(text, task=prompt, image_size=image.size))
