import os

from fastapi import FastAPI, UploadFile
from PIL import Image
from transformers import BlipForConditionalGeneration, BlipProcessor

app = FastAPI()
MODEL_ID = os.getenv("CAPTION_MODEL", "Salesforce/blip2-opt-2.7b")
processor = BlipProcessor.from_pretrained(MODEL_ID)
model = BlipForConditionalGeneration.from_pretrained(MODEL_ID)


@app.post("/caption")
async def caption(file: UploadFile):
    image = Image.open(file.file).convert("RGB")
    inputs = processor(images=image, return_tensors="pt")
    out = model.generate(**inputs, max_new_tokens=40)
    return {"caption": processor.decode(out[0], skip_special_tokens=True)}
