from PIL import Image
from transformers import AutoProcessor, AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained("microsoft/git-base-textvqa")
processor = AutoProcessor.from_pretrained("microsoft/git-base-textvqa")

image = Image.open("photo.jpg").convert("RGB")
pixel_values = processor(images=image, return_tensors="pt").pixel_values
question = "what is written on the sign?"
input_ids = processor(text=question, add_special_tokens=False, return_tensors="pt").input_ids
generated = model.generate(pixel_values=pixel_values, input_ids=input_ids, max_length=50)
print(processor.batch_decode(generated, skip_special_tokens=True))
