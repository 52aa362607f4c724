import streamlit as st
import torch
from PIL import Image
from transformers import AutoModelForCausalLM, AutoProcessor

model = AutoModelForCausalLM.from_pretrained("Salesforce/blip2-opt-2.7b")
processor = AutoProcessor.from_pretrained("Salesforce/blip2-opt-2.7b")

upload = st.file_uploader("Image")
if upload:
    inputs = processor(images=Image.open(upload), text="Describe the image.", return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=50)
    st.write(processor.decode(ids[0], skip_special_tokens=True))
