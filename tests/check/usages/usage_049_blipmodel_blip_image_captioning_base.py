import numpy as np
import streamlit as st
import torch
from transformers import BlipModel, BlipProcessor

MODEL = "Salesforce/blip-image-captioning-base"


@st.cache_resource
def load():
    model = BlipModel.from_pretrained(MODEL)
    return torch.quantization.quantize_dynamic(model, {torch.nn.Linear}), BlipProcessor.from_pretrained(MODEL)


model, processor = load()
query = st.text_input("Search")
inputs = processor(text=query, return_tensors="pt")
vector = model.get_text_features(**inputs)
