from PIL import Image
from transformers import TrOCRProcessor, VisionEncoderDecoderModel

word = Image.open("word.png").convert("RGB")
processor = TrOCRProcessor.from_pretrained("microsoft/trocr-large-str")
model = VisionEncoderDecoderModel.from_pretrained("microsoft/trocr-large-str")
pixel_values = processor(word, return_tensors="pt").pixel_values
generated_ids = model.generate(pixel_values)
generated_text = processor.batch_decode(generated_ids, skip_special_tokens=True)[0]
