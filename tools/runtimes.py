"""Write rules/programs/supported.yaml: which model types released packages of runtimes name.

Nothing of a package is imported or run; its archives are read. Get them first, into a folder:

    pip download --no-deps --only-binary :all: transformers optimum-onnx optimum-intel mlx-vlm vllm
    pip download --no-deps --only-binary :all: transformers==4.57.6  # the newest of optimum-onnx
    pip download --no-deps --no-binary :all: llama-cpp-python        # has llama.cpp's converter
    npm pack @huggingface/transformers
    python tools/runtimes.py FOLDER

Ollama stands in no package index: what its converters name is copied from its public source below.
"""

import ast
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from advisor.rulebase.store import load_rules

TARGET = Path(__file__).parents[1] / "rules" / "programs" / "supported.yaml"
ACTS = {
    "labels": "label",
    "vectors": "match, search, compare, embed",
    "texts": "caption, describe, read-line, read-page",
    "chat": "caption, describe, answer, read-line, read-page, extract, label",
}
LABELS, VECTORS, READS, WRITES = ACTS
ALONE = ("dinov2",)
"""Model types with a tower for images alone."""
OLLAMA = {
    "gemma3": "convert_gemma3.go", "gemma4": "convert_gemma4.go", "glm_ocr": "convert_glmocr.go",
    "lfm2_vl": "convert_lfm2_vl.go", "mistral3": "convert_mistral.go",
    "qwen2_5_vl": "convert_qwen25vl.go", "qwen3_5": "convert_qwen35.go",
    "qwen3_vl": "convert_qwen3vl.go", "qwen3_vl_moe": "convert_qwen3vl.go",
}  # fmt: skip
TEXT_BY_CONFIG = {"idefics3", "smolvlm", "mistral3", "minicpmv4_6", "lfm2_vl"}
"""Model types whose language model llama.cpp's converter takes from `text_config`."""
EYES = {"paddleocr_vl": "PaddleOCRVisionModel"}
"""Model types whose vision tower has an architecture of its own for llama.cpp's converter."""
REFUSED = {
    "llava": "MMPROJ_MODEL_MAP[LlavaForConditionalGeneration], which refuses towers of CLIP",
    "internvl": "MMPROJ_MODEL_MAP[InternVisionModel] takes the layout of InternVLChatModel alone",
}
"""What llama.cpp's converter did with tiny networks of two types in the layout of transformers."""
Named = dict[str, str]


def group(pattern: str, text: str) -> str:
    """Return the first group of what a pattern finds, across lines."""
    match = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    if match is None:
        raise SystemExit(f"nothing matches {pattern}: the package has changed")
    return match[1]


class Package:
    """A released package, read from its archive."""

    def __init__(self, folder: Path, pattern: str) -> None:
        fits = sorted(folder.glob(pattern))
        if not fits:
            raise SystemExit(
                f"no {pattern} in {folder}: the head of this script says how to get it"
            )
        self.path = fits[-1]
        self.version = group(r"-(\d[\w.]*?)(?:-|\.tar|\.tgz)", self.path.name)

    @cached_property
    def names(self) -> list[str]:
        """The files of the package."""
        if self.path.suffix == ".whl":
            return zipfile.ZipFile(self.path).namelist()
        with tarfile.open(self.path) as archive:
            return archive.getnames()

    def text(self, ending: str) -> str:
        """Return the file with the shortest name that ends so."""
        name = min((each for each in self.names if each.endswith(ending)), key=len)
        if self.path.suffix == ".whl":
            return zipfile.ZipFile(self.path).read(name).decode()
        with tarfile.open(self.path) as archive:
            file = archive.extractfile(name)
            return file.read().decode() if file else ""


def mapping(source: str, name: str) -> dict[str, str]:
    """Return the strings by string of a mapping that a module defines, as pairs or as a dict."""
    begin = rf"^{name}\b[^=\n]*= \w*(?:\[[^\n]*?\])?\(?\s*[\[{{]"
    body = group(rf"{begin}(.*?)^[\]}}]", source)
    return dict(re.findall(r'"([\w.-]+)"\s*[:,]\s*\(?\s*"([\w.]+)"', body))


def exporters(source: str, decorator: str) -> dict[str, tuple[str, list[str]]]:
    """Return class and tasks of exporters for transformers, by the model type they stand for."""
    lists: dict[str, list[str]] = {}
    node: Any
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            lists[cast("ast.Name", node.targets[0]).id] = list(_strings(node.value, lists))
    found = {}
    for node in ast.walk(ast.parse(source)):
        calls: list[Any] = node.decorator_list if isinstance(node, ast.ClassDef) else []
        for call in calls:
            if getattr(getattr(call, "func", None), "id", "") == decorator:
                library = [each.value.value for each in call.keywords if each.arg == "library_name"]
                if library in ([], ["transformers"]):
                    tasks = [task for each in call.args[1:] for task in _strings(each, lists)]
                    found[call.args[0].value] = (node.name, tasks)
    return found


def _strings(node: Any, lists: dict[str, list[str]]) -> Iterator[str]:
    """Yield the strings of a list, through the names of other lists."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name):
        yield from lists.get(node.id, ())
    elif isinstance(node, ast.Starred):
        yield from _strings(node.value, lists)
    elif isinstance(node, ast.List | ast.Tuple):
        for each in node.elts:
            yield from _strings(each, lists)


def entry(
    runtime: str, acts: str, package: str, version: str, read: str, named: Named, partly: Named
) -> str:
    """Return an entry of the table as YAML; empty where nothing is named."""
    if not named and not partly:
        return ""
    lines = [
        f"  - id: {runtime}-{acts}",
        f"    runtime: {runtime}",
        f"    acts: [{ACTS[acts]}]",
        f'    package: "{package}"',
        f'    version: "{version}"',
        f"    read: {read}",
    ]
    for key, names in (("named", named), ("partly", partly)):
        if names:
            lines += [f"    {key}:", *(f'      {type}: "{names[type]}"' for type in sorted(names))]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the packages and write the table."""
    folder = Path(sys.argv[1])
    types: dict[str, set[str]] = {}
    for one in load_rules().checkpoints.values():
        if one.loader == "transformers" and one.model_type:
            types.setdefault(one.model_type, set()).add(one.model_class or "")
    new = Package(folder, "transformers-5*.whl")
    auto = new.text("models/auto/modeling_auto.py")
    writers = mapping(auto, "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES")
    for type in types:
        answers_itself = any(name.endswith("Classification") for name in types[type])
        types[type] |= {writers[type]} if type in writers and not answers_itself else set()
    chats = {type: classes for type, classes in types.items() if classes & {*writers.values()}}
    rows = [*_onnx(folder, types), *_servers(folder, types), *_mlx(folder, chats)]
    TARGET.write_text(HEAD + "supported:\n" + "\n".join(filter(None, rows)), encoding="utf-8")
    print(f"{sum(map(bool, rows))} entries in {TARGET.name}")


def _onnx(folder: Path, types: dict[str, set[str]]) -> Iterator[str]:
    """Yield what ONNX Runtime, transformers.js and OpenVINO run, by the exporters of optimum."""
    onnx, old = Package(folder, "optimum_onnx*.whl"), Package(folder, "transformers-4.57*.whl")
    pinned = set(mapping(old.text("models/auto/configuration_auto.py"), "CONFIG_MAPPING_NAMES"))
    place = "optimum/exporters/onnx/model_configs.py"
    found = exporters(onnx.text("exporters/onnx/model_configs.py"), "register_tasks_manager_onnx")
    exported = {type: found[type] for type in types if type in found and type in pinned}
    label = "zero-shot-image-classification"
    two = {type: name for type, (name, tasks) in exported.items() if label in tasks}
    writes = {
        type: name for type, (name, tasks) in exported.items()
        if "image-to-text-with-past" in tasks and type == "vision-encoder-decoder"
    }  # fmt: skip
    alone = {type: found[type][0] for type in types if type in ALONE and type in exported}
    for acts, names in ((LABELS, two), (VECTORS, two | alone), (READS, writes)):
        yield entry("onnx", acts, "optimum-onnx", onnx.version, place, names, {})

    js = Package(folder, "huggingface-transformers-*.tgz")
    registry = js.text("src/models/registry.js")

    def mapped(name: str) -> Named:
        body = group(rf"const {name} = new Map\(\[(.*?)\]\);", registry)
        pairs = re.findall(r"\['([\w.-]+)', '(\w+)'\]", body)
        return {type: name for type, name in pairs if type in types}

    encoders = mapped("MODEL_MAPPING_NAMES_ENCODER_ONLY")
    towers = {type: name for type, name in encoders.items() if type in two}
    reads = mapped("MODEL_FOR_VISION_2_SEQ_MAPPING_NAMES")
    reads = {type: name for type, name in reads.items() if type in writes}
    embeds = towers | {type: name for type, name in encoders.items() if type in alone}
    chats = mapped("MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES")
    named = {LABELS: towers, VECTORS: embeds, READS: reads, WRITES: {}}
    for acts, names in named.items():
        partly = chats if acts == WRITES else {}
        package, place = "@huggingface/transformers", "src/models/registry.js"
        yield entry("transformers-js", acts, package, js.version, place, names, partly)

    intel = Package(folder, "optimum_intel*.whl")
    source = intel.text("exporters/openvino/model_configs.py")
    found = exporters(source, "register_in_tasks_manager")
    place = "optimum/exporters/openvino/model_configs.py"
    tasks = {
        LABELS: "zero-shot-image-classification", VECTORS: "feature-extraction",
        READS: "image-to-text", WRITES: "image-text-to-text",
    }  # fmt: skip
    for acts, task in tasks.items():
        names = {type: found[type][0] for type in types if type in found and task in found[type][1]}
        yield entry("openvino", acts, "optimum-intel", intel.version, place, names, {})


def _servers(folder: Path, types: dict[str, set[str]]) -> Iterator[str]:
    """Yield what vLLM, llama.cpp and Ollama run."""
    vllm = Package(folder, "vllm*.whl")
    source = vllm.text("model_executor/models/registry.py")
    place = "vllm/model_executor/models/registry.py"
    listed = mapping(source, "_MULTIMODAL_MODELS")
    listed |= mapping(source, "_TRANSFORMERS_SUPPORTED_MODELS")
    named = {type: _first(listed, classes) for type, classes in types.items()}
    named = {type: name for type, name in named.items() if name}
    spelt = {name.lower(): name for name in listed}
    near = {
        type: f"as {spelt[name.lower()]}, where the checkpoint says so"
        for type, classes in types.items() for name in sorted(classes)
        if name.lower() in spelt and type not in named
    }  # fmt: skip
    yield entry("vllm", WRITES, "vllm", vllm.version, place, named, near)
    listed = mapping(source, "_EMBEDDING_MODELS")
    named = {type: _first(listed, classes) for type, classes in types.items()}
    named = {type: name for type, name in named.items() if type in ("clip", "siglip") and name}
    yield entry("vllm", VECTORS, "vllm", vllm.version, place, named, {})

    cpp = Package(folder, "llama_cpp_python*.tar.gz")
    source = cpp.text("vendor/llama.cpp/conversion/__init__.py")
    texts, eyes = mapping(source, "TEXT_MODEL_MAP"), mapping(source, "MMPROJ_MODEL_MAP")
    named, near = {}, {}
    for type, classes in types.items():
        name = _first(eyes, {*classes, EYES.get(type, "")})
        if type in REFUSED:
            near[type] = REFUSED[type]
        elif name and (_first(texts, classes) or type in TEXT_BY_CONFIG):
            named[type] = f"MMPROJ_MODEL_MAP[{name}]"
        elif close := [each for each in eyes if each.lower() in {one.lower() for one in classes}]:
            near[type] = f"as {close[0]}, where the checkpoint says so"
    place = "vendor/llama.cpp/conversion/__init__.py"
    yield entry("llama-cpp", WRITES, "llama-cpp-python", cpp.version, place, named, near)
    other = "a GGUF with its projector may load"
    ollama = {type: OLLAMA.get(type, other) for type in (*named, *near)}
    yield entry("ollama", WRITES, "ollama", "(public source code)", "convert", {}, ollama)


def _mlx(folder: Path, types: dict[str, set[str]]) -> Iterator[str]:
    """Yield what MLX-VLM runs: a folder a model type, with a language model in it."""
    mlx = Package(folder, "mlx_vlm*.whl")
    other = mapping(mlx.text("mlx_vlm/utils.py"), "MODEL_REMAPPING")
    named = {}
    for type in types:
        place = f"{other.get(type, type).replace('-', '_')}/"
        begin = f"mlx_vlm/models/{place}__init__.py"
        if begin in mlx.names and ("LanguageModel" in mlx.text(begin) or type == "smolvlm"):
            named[type] = place
    yield entry("mlx", WRITES, "mlx-vlm", mlx.version, "mlx_vlm/models", named, {})


def _first(names: Iterable[str], classes: set[str]) -> str:
    return next((name for name in sorted(classes) if name in names), "")


HEAD = """# Which model types the released packages of runtimes name, and the symbols that say so.
# Written by tools/runtimes.py, which says how to get the packages. What it does not name is not
# run; for those under `partly` somebody has to publish something first. That a type is named does
# not say that each checkpoint of it loads.
"""

if __name__ == "__main__":
    main()
