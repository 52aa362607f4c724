import cv2
from PIL import Image
from transformers import BlipForQuestionAnswering, BlipProcessor

processor = BlipProcessor.from_pretrained("Salesforce/blip-vqa-base")
model = BlipForQuestionAnswering.from_pretrained("Salesforce/blip-vqa-base")

capture = cv2.VideoCapture(0)
_, frame = capture.read()
image = Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
inputs = processor(image, "what is the colour of the shirt?", return_tensors="pt")
print(processor.decode(model.generate(**inputs)[0], skip_special_tokens=True))
