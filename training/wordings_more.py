"""The rest of the wordings: faces, places, light, risk and style."""

from training.wordings import Wordings, _lines

MORE_WORDINGS: dict[str, Wordings] = {
    "expression": Wordings(
        _lines("""
            人物|的|表情|是|哪|一种|?
            她|的|表情|是|什么|?
            表情
            人物|的|表情|是|什么|?
            角色|是|什么|表情|?
            图中|人物|的|表情|属于|哪|一种|?
            主播|现在|是|什么|表情|?
            她|现在|的|情绪|是|什么|?
            请|判断|人物|的|表情
            人物|的|神情|是|哪|一种|?
            情绪
        """),
        _lines("""
            她|是否|在|{x}|?
            人物|的|表情|是|{x}|吗|?
            角色|是不是|在|{x}|?
            表情|是否|为|{x}|?
            图中|人物|在|{x}|吗|?
            主播|的|表情|是否|是|{x}|?
            她|的|表情|是|{x}|吗|?
            人物|有没有|{x}|?
        """),
        _lines("""
            她|是否|没有|{x}|?
            表情|是否|不是|{x}|?
            人物|的|表情|不是|{x}|吗|?
        """),
        _lines("""
            What| is| the| character|'s| expression|?
            What| is| her| expression|?
            What| is| the| character|'s| expression|?
        """),
        _lines("""
            Is| her| expression| {x}|?
            Is| the| expression| {x}|?
        """),
        _lines("""
            Is| her| expression| not| {x}|?
        """),
    ),
    "scene": Wordings(
        _lines("""
            画面|场景|是|哪|一种|?
            场景|是|什么|?
            场景
            画面|的|场景|是|哪里|?
            图中|的|场景|属于|哪|一种|?
            这|是|在|什么|地方|?
            背景|是|哪里|?
            请|判断|画面|的|场景
            直播|场景|是|什么|?
            人物|在|哪里|?
            背景|是|什么|场景|?
        """),
        _lines("""
            场景|是否|为|{x}|?
            背景|是|{x}|吗|?
            画面|是不是|在|{x}|?
            图中|的|场景|是|{x}|吗|?
            是否|在|{x}|?
            画面|中|是否|有|{x}|?
            直播|场景|是否|是|{x}|?
            这|是|{x}|吗|?
        """),
        _lines("""
            场景|是否|不是|{x}|?
            背景|不是|{x}|吗|?
            是否|不|在|{x}|?
        """),
        _lines("""
            What| is| the| scene| in| the| picture|?
            Where| is| this|?
            What| is| the| scene|?
            What| is| the| background|?
        """),
        _lines("""
            Is| the| scene| {x}|?
            Is| the| background| {x}|?
        """),
        _lines("""
            Is| the| scene| not| {x}|?
        """),
    ),
    "light": Wordings(
        _lines("""
            画面|的|灯光|是|哪|一种|?
            灯光|是|什么|颜色|?
            灯光
            画面|的|灯光|是|什么|?
            舞台|灯光|是|哪|一种|?
            光线|是|什么|色调|?
            请|判断|画面|的|灯光
            图中|的|灯光|属于|哪|一种|?
            现场|打|的|是|什么|光|?
            光线
        """),
        _lines("""
            灯光|是否|为|{x}|?
            灯光|是|{x}|吗|?
            画面|是不是|{x}|?
            舞台|灯光|是否|是|{x}|?
            现场|打|的|是|{x}|吗|?
            光线|是否|为|{x}|?
            画面|中|有没有|{x}|?
            图中|的|灯光|是|{x}|吗|?
        """),
        _lines("""
            灯光|是否|不是|{x}|?
            灯光|是否|并非|{x}|?
            画面|里|没有|{x}|吗|?
        """),
        _lines("""
            What| is| the| light| in| the| picture|?
            What| is| the| lighting|?
            What| color| is| the| light|?
        """),
        _lines("""
            Is| the| lighting| {x}|?
        """),
        _lines("""
            Is| the| lighting| not| {x}|?
        """),
    ),
    "exposure": Wordings(
        _lines("""
            着装|情况|如何|?
            着装|属于|哪|一种|情况|?
            人物|的|着装|是否|合规|?|属于|哪|一种|?
            请|判断|人物|的|着装|情况
            服装|有没有|问题|?|是|哪|一种|?
            着装|风险
            着装|是|哪|一种|情况|?
            角色|的|着装|风险|是|什么|?
        """),
        _lines("""
            是否|存在|{x}|?
            画面|中|是否|存在|{x}|?
            图中|有没有|{x}|?
            人物|是否|{x}|?
            是否|有|{x}|?
            画面|里|有|{x}|吗|?
            角色|是否|存在|{x}|?
            是否|出现|{x}|?
            是否|属于|{x}|?
        """),
        _lines("""
            是否|不存在|{x}|?
            画面|中|是否|没有|{x}|?
            人物|没有|{x}|吗|?
        """),
        _lines("""
            What| is| the| state| of| the| clothing|?
            Which| clothing| risk| is| there|?
        """),
        _lines("""
            Is| there| {x}|?
            Does| the| picture| show| {x}|?
        """),
        _lines("""
            Is| there| no| {x}|?
        """),
    ),
    "brand": Wordings(
        _lines("""
            画面|中|有|什么|标志|?
            品牌|标志
            图中|的|LOGO|属于|哪|一种|?
            画面|中|的|标志|是|什么|?
            请|判断|画面|中|的|品牌|标志
            出现|的|是|哪|一种|LOGO|?
            有没有|标志|?|是|哪|一种|?
            标志|属于|哪|一种|?
        """),
        _lines("""
            是否|有|{x}|?
            画面|中|是否|有|{x}|?
            是否|存在|{x}|?
            图中|有没有|{x}|?
            画面|里|有|{x}|吗|?
            是否|出现|{x}|?
            画面|中|是否|出现|了|{x}|?
            图片|里|是否|能|看到|{x}|?
        """),
        _lines("""
            是否|没有|{x}|?
            画面|中|是否|不存在|{x}|?
            图中|没有|{x}|吗|?
        """),
        _lines("""
            What| logo| is| in| the| picture|?
            Which| brand| mark| is| there|?
        """),
        _lines("""
            Is| there| {x}|?
            Does| the| picture| show| {x}|?
        """),
        _lines("""
            Is| there| no| {x}|?
        """),
    ),
    "style": Wordings(
        _lines("""
            画面|的|风格|是|哪|一种|?
            画面|是|什么|风格|?
            风格
            图中|的|风格|属于|哪|一种|?
            这|张|图|是|什么|风格|?
            请|判断|画面|的|风格
            整体|风格|是|什么|?
            造型|风格|是|哪|一种|?
            美术|风格|是|什么|?
        """),
        _lines("""
            风格|是否|为|{x}|?
            画面|是|{x}|风格|吗|?
            是不是|{x}|风格|?
            图中|的|风格|是|{x}|吗|?
            整体|风格|是否|是|{x}|?
            是否|属于|{x}|风格|?
            这|张|图|是|{x}|风格|吗|?
            是否|为|{x}|风|?
        """),
        _lines("""
            风格|是否|不是|{x}|?
            画面|不是|{x}|风格|吗|?
            是否|不|属于|{x}|风格|?
        """),
        _lines("""
            What| is| the| style| of| the| picture|?
            What| is| the| style|?
            Which| style| is| the| picture|?
        """),
        _lines("""
            Is| the| style| {x}|?
        """),
        _lines("""
            Is| the| style| not| {x}|?
        """),
    ),
}
