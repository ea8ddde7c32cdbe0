// Tokens: colours, type, space. Elder mode, contrast and the lowered layout are switches here.
pragma Singleton
import QtQuick

QtObject {
    property real scale: 1.0          // 1.0, or 1.5 in elder mode 关怀版
    property bool highContrast: false
    property bool lowered: false      // everything to press in the lower half
    property bool wide: false         // landscape
    property bool motion: true        // motion only explains; none in elder mode

    readonly property bool elder: scale > 1.2
    readonly property bool moves: motion && !elder

    readonly property string family: "Noto Sans CJK SC"

    readonly property color paper: highContrast ? "#FFFFFF" : "#F4F2EC"
    readonly property color card: "#FFFFFF"
    readonly property color line: highContrast ? "#14243A" : "#DDD9CE"
    readonly property color edge: highContrast ? "#14243A" : "#B9C3D0"
    readonly property color ink: highContrast ? "#000000" : "#14243A"
    readonly property color soft: highContrast ? "#1F2D3D" : "#5B6B7F"
    readonly property color faint: highContrast ? "#3C4856" : "#6B7888"
    readonly property color blue: highContrast ? "#00356B" : "#0C4A86"
    readonly property color bluePressed: "#083563"
    readonly property color blueTint: "#E6EEF6"
    readonly property color jade: highContrast ? "#00513F" : "#0F7A63"
    readonly property color jadeTint: "#E1F1EC"
    readonly property color amber: highContrast ? "#6B3D00" : "#9A5B00"
    readonly property color amberTint: "#FBF0DC"
    readonly property color red: highContrast ? "#7D1209" : "#A5281B"
    readonly property color redTint: "#FBE9E6"
    readonly property color white: "#FFFFFF"
    readonly property color whiteSoft: highContrast ? "#FFFFFF" : "#D5E2EF"
    readonly property color focus: "#F2C14E"

    readonly property int side: 56
    readonly property int gap: 28
    readonly property int inset: 48
    readonly property int touch: 128
    readonly property int radius: 28
    readonly property int buttonRadius: 24

    readonly property int title: px(60)
    readonly property int tile: px(42)
    readonly property int row: px(34)
    readonly property int lead: px(32)
    readonly property int small: px(28)
    readonly property int hero: px(120)

    function px(size) { return Math.round(size * scale) }

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
