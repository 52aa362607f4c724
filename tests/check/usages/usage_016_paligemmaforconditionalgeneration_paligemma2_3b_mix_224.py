from PIL import Image
from transformers import AutoProcessor, PaliGemmaForConditionalGeneration

model = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma2-3b-mix-224")
processor = AutoProcessor.from_pretrained("google/paligemma2-3b-mix-224")

image = Image.open("photo.jpg").convert("RGB")
inputs = processor(images=image, text="Where is the cat standing?", return_tensors="pt")
ids = model.generate(**inputs, max_new_tokens=20)
print(processor.batch_decode(ids, skip_special_tokens=True)[0])
