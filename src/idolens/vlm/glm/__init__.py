"""The `glm` engine: any Glm4v checkpoint in this process, on a graphics card or not.

Takes a model folder or the name of a pulled model, gives an `Engine` that also speaks.
Alone knows torch and transformers; knows no policy, no network and no other engine.
Open it by `glm.engine`; nothing is imported here, since torch takes seconds to load.
"""
