from PIL import Image
from transformers import ViltProcessor, ViltForImagesAndTextClassification

model = ViltForImagesAndTextClassification.from_pretrained("dandelin/vilt-b32-finetuned-nlvr2")
processor = ViltProcessor.from_pretrained("dandelin/vilt-b32-finetuned-nlvr2")

image = Image.open("photo.jpg").convert("RGB")
second = Image.open("other.jpg").convert("RGB")
encoding = processor([image, second], "Both pictures show two dogs.", return_tensors="pt")
logits = model(
    input_ids=encoding.input_ids, pixel_values=encoding.pixel_values.unsqueeze(0)
).logits
print(model.config.id2label[logits.argmax(-1).item()])
