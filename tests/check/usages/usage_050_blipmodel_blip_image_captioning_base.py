import streamlit as st
from transformers import BlipModel, BlipProcessor

choice = st.sidebar.selectbox("Task", ["Classification with CLIP", "Captioning with CLIP"])
blip_processor = BlipProcessor.from_pretrained("Salesforce/blip-image-captioning-base")
blip_model = BlipModel.from_pretrained("Salesforce/blip-image-captioning-base")


def prompt_score(image, prompt):
    inputs = blip_processor(text=[prompt], images=image, return_tensors="pt", padding=True)
    return blip_model(**inputs).logits_per_image.item()
