from PIL import Image
from transformers import AutoProcessor, Owlv2ForObjectDetection

model = Owlv2ForObjectDetection.from_pretrained("google/owlv2-base-patch16-ensemble")
processor = AutoProcessor.from_pretrained("google/owlv2-base-patch16-ensemble")

image = Image.open("photo.jpg").convert("RGB")
inputs = processor(text=[["a photo of a cat"]], images=image, return_tensors="pt")
outputs = model(**inputs)
found = processor.post_process_grounded_object_detection(outputs=outputs, threshold=0.1)
