from transformers import BlipModel, BlipProcessor

# ITC head: embeddings for retrieval
processor = BlipProcessor.from_pretrained("Salesforce/blip-image-captioning-base")
model = BlipModel.from_pretrained("Salesforce/blip-image-captioning-base")

image_features = model.get_image_features(**processor(images=image, return_tensors="pt"))
text_features = model.get_text_features(**processor(text=["a dog"], return_tensors="pt"))
