import torch.nn.functional as F


class BlipWrapper:
    def __init__(self, name):
        from transformers import BlipForImageTextRetrieval, BlipProcessor

        self.model = BlipForImageTextRetrieval.from_pretrained(name)
        self.processor = BlipProcessor.from_pretrained(name)

    def text_embeddings(self, texts):
        inputs = self.processor(text=texts, return_tensors="pt", padding=True, truncation=True)
        states = self.model.text_encoder(**inputs)[0]
        return F.normalize(self.model.text_proj(states[:, 0, :]), dim=-1)

    def image_embeddings(self, images):
        inputs = self.processor(images=images, return_tensors="pt", padding=True)
        states = self.model.vision_model(**inputs)[0]
        return F.normalize(self.model.vision_proj(states[:, 0, :]), dim=-1)


encoder = BlipWrapper("Salesforce/blip-itm-large-flickr")
