from flask import Flask, jsonify, request
from PIL import Image
from transformers import TrOCRProcessor, VisionEncoderDecoderModel

app = Flask(__name__)
processor = TrOCRProcessor.from_pretrained("microsoft/trocr-base-handwritten")
model = VisionEncoderDecoderModel.from_pretrained("microsoft/trocr-base-handwritten")


@app.route("/convert", methods=["POST"])
def convert():
    page = Image.open(request.files["image"]).convert("RGB")
    pixel_values = processor(page, return_tensors="pt").pixel_values
    generated_ids = model.generate(pixel_values)
    return jsonify(text=processor.batch_decode(generated_ids, skip_special_tokens=True)[0])
