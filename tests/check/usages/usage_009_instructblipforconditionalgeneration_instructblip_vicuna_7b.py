import torch
from PIL import Image
from transformers import InstructBlipForConditionalGeneration, InstructBlipProcessor

model = InstructBlipForConditionalGeneration.from_pretrained(
    "Salesforce/instructblip-vicuna-7b", dtype=torch.float16
)
processor = InstructBlipProcessor.from_pretrained("Salesforce/instructblip-vicuna-7b")
model.to("cuda")

image = Image.open("street.jpg").convert("RGB")
inputs = processor(images=image, text="What is unusual here?", return_tensors="pt").to("cuda")
outputs = model.generate(**inputs, max_new_tokens=100)
print(processor.batch_decode(outputs, skip_special_tokens=True)[0].strip())
