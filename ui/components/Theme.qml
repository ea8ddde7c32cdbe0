// The design's colours, type sizes and distances, for care mode, high contrast and the lowered layout.
pragma Singleton
pragma ComponentBehavior: Bound
import QtQuick

QtObject {
    property real scale: 1.0          // 1.0, or 1.5 in elder mode 关怀版
    property bool highContrast: false
    property bool lowered: false      // all buttons stand in the lower half of the screen
    property bool wide: false         // landscape
    property bool motion: true        // pages may move; never in elder mode
    property real hair: 1             // a hairline: at least one pixel of the window

    readonly property bool elder: scale > 1.2
    readonly property bool moves: motion && !elder

    readonly property color paper: highContrast ? "#FFFFFF" : "#F4F2EC"
    readonly property color card: "#FFFFFF"
    readonly property color line: highContrast ? "#14243A" : "#DDD9CE"
    readonly property color edge: highContrast ? "#14243A" : "#7E8CA0"
    readonly property color ink: highContrast ? "#000000" : "#14243A"
    readonly property color soft: highContrast ? "#1F2D3D" : "#5B6B7F"
    readonly property color faint: highContrast ? "#3C4856" : "#626E7D"
    readonly property color blue: highContrast ? "#00356B" : "#0C4A86"
    readonly property color bluePressed: "#083563"
    readonly property color blueTint: "#E6EEF6"
    readonly property color blueEdge: highContrast ? "#FFFFFF" : "#7FA6CE"
    readonly property color jade: highContrast ? "#00513F" : "#0F7A63"
    readonly property color jadeTint: "#E1F1EC"
    readonly property color amber: highContrast ? "#6B3D00" : "#9A5B00"
    readonly property color amberTint: "#FBF0DC"
    readonly property color red: highContrast ? "#7D1209" : "#A5281B"
    readonly property color redTint: "#FBE9E6"
    readonly property color white: "#FFFFFF"
    readonly property color whiteSoft: highContrast ? "#FFFFFF" : "#D5E2EF"
    readonly property color focus: highContrast ? "#8A4B00" : "#B87400"

    readonly property int side: 56
    readonly property int gap: 28
    readonly property int inset: 48
    readonly property int touch: elder ? 148 : 128
    readonly property int least: 96           // the least height of a button
    readonly property int foot: wide ? 40 : side
    readonly property int radius: 28
    readonly property int buttonRadius: 24

    // In elder mode, text for reading grows by the whole scale, and large text by less.
    readonly property int title: big(60)
    readonly property int tile: big(42)
    readonly property int button: big(38)
    readonly property int row: px(34)
    readonly property int lead: px(32)
    readonly property int hint: px(30)
    readonly property int small: px(28)
    readonly property int hero: elder ? 132 : 120

    // The width of a text, counted in halves of a Han character.
    function cells(text) { return text.replace(/[^\u0000-\u00ff]/g, "xx").length }
    // How far a text at the right moves on: the blank half of a bracket at its end lies in the rim.
    function hang(text, size) { return text.endsWith("）") ? Math.round(size * 0.62) : 0 }
    function px(size) { return Math.round(size * scale) }
    function big(size) { return Math.round(size * (elder ? 1.3 : 1)) }

    function toneColor(tone) {
        if (tone === "good") return jade
        if (tone === "attention") return amber
        if (tone === "bad") return red
        return ink
    }
    function toneTint(tone) {
        if (tone === "good") return jadeTint
        if (tone === "attention") return amberTint
        if (tone === "bad") return redTint
        return blueTint
    }
}
