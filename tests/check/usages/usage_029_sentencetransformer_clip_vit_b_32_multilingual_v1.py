import torch
from PIL import Image
from sentence_transformers import SentenceTransformer, util

img_model = SentenceTransformer("clip-ViT-B-32")
text_model = SentenceTransformer("sentence-transformers/clip-ViT-B-32-multilingual-v1")

img_embeddings = img_model.encode([Image.open("two_dogs.jpg")])
text_embeddings = text_model.encode(["Zwei Hunde im Schnee", "Un gato en la mesa"])
print(util.cos_sim(text_embeddings, img_embeddings))
