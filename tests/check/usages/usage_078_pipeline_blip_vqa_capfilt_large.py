from PIL import Image
from transformers import pipeline

vqa_pipeline = pipeline(
    "visual-question-answering", model="Salesforce/blip-vqa-capfilt-large"
)
image = Image.open("elephant.jpeg")
print(vqa_pipeline(image, "Is there an elephant?", top_k=1))
