from transformers import pipeline

vqa = pipeline("visual-question-answering", model="Salesforce/blip-vqa-base")
print(vqa(image="car.jpg", question="What colour is the car?"))
