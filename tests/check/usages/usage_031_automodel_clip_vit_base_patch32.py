import torch


class CLIPWrapper:
    def __init__(self, model_name: str = "openai/clip-vit-base-patch32", device: str = "cpu", **kwargs):
        from transformers import AutoModel, AutoProcessor

        self.device = device
        self.model = AutoModel.from_pretrained(model_name).to(self.device)
        self.processor = AutoProcessor.from_pretrained(model_name)

    @torch.no_grad()
    def text_embeddings(self, texts):
        inputs = self.processor(text=texts, return_tensors="pt", padding=True, truncation=True)
        inputs = {k: v.to(self.device) for k, v in inputs.items()}
        return self.model.get_text_features(**inputs).pooler_output

    @torch.no_grad()
    def image_embeddings(self, images):
        inputs = self.processor(images=images, return_tensors="pt")
        inputs = {k: v.to(self.device) for k, v in inputs.items()}
        return self.model.get_image_features(**inputs).pooler_output
