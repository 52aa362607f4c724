from PIL import Image
from transformers import AutoProcessor, Kosmos2ForConditionalGeneration

model = Kosmos2ForConditionalGeneration.from_pretrained("microsoft/kosmos-2-patch14-224")
processor = AutoProcessor.from_pretrained("microsoft/kosmos-2-patch14-224")

image = Image.open("photo.jpg").convert("RGB")
inputs = processor(text="<grounding> An image of", images=image, return_tensors="pt")
ids = model.generate(**inputs, max_new_tokens=64)
text = processor.batch_decode(ids, skip_special_tokens=True)[0]
caption, entities = processor.post_process_generation(text)
