import tensorflow as tf
from transformers import CLIPProcessor, TFCLIPModel

clip = TFCLIPModel.from_pretrained("openai/clip-vit-base-patch32")
processor = CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")


def build_stance_classifier():
    ids = tf.keras.Input(shape=(77,), dtype=tf.int32)
    pixels = tf.keras.Input(shape=(3, 224, 224))
    outputs = clip(input_ids=ids, pixel_values=pixels)
    both = tf.concat([outputs.text_embeds, outputs.image_embeds], axis=-1)
    return tf.keras.Model([ids, pixels], tf.keras.layers.Dense(3, activation="softmax")(both))
