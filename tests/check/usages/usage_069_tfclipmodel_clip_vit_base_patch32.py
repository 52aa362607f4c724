import tensorflow as tf
from transformers import CLIPProcessor, TFCLIPModel

model = TFCLIPModel.from_pretrained("openai/clip-vit-base-patch32")
processor = CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")

flowers = ["daisy", "dandelion", "rose", "sunflower", "tulip"]
inputs = processor(
    text=[f"a photo of a {flower}" for flower in flowers],
    images=image,
    return_tensors="tf",
    padding=True,
)
probabilities = tf.nn.softmax(model(**inputs).logits_per_image, axis=1)
