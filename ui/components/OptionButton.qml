// A button for one option: icon, title and hint.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Kiosk

T.Button {
    id: option
    property string title
    property string hint
    property string iconName
    property string tone
    property bool available: true
    property string shape: "row"      // "tile": icon above; "row": beside; "line": all on one line; "face": centred
    property int ground: 0            // width of the icon's ground; 0: as the shape has it
    property string iconTone
    property string badge             // what the options are compared by
    property bool best: false         // the best of them
    property bool leads: false        // an arrow at the right says that the button leads on
    property int size: 0              // of the title; 0: as the shape has it
    property bool sleeping: pressedLast && CurrentPage.busy
    property bool pressedLast: false
    readonly property bool narrow: shape === "row" && width < (Theme.elder ? 700 : 480)
    readonly property int frameSize: ground > 0 ? ground : shape === "tile" ? 96
        : shape === "face" ? Theme.big(112)
        : shape === "line" ? Theme.big(72)
        : narrow ? (Theme.elder ? 84 : 72) : Theme.elder ? 112 : 96
    readonly property int rim: shape === "tile" ? 36 : narrow ? 24 : 32
    readonly property bool long: Theme.cells(title) > 36
    readonly property int titleSize: size > 0 ? size : shape === "tile" ? Theme.tile
        : shape === "face" ? Theme.px(32)
        : narrow ? (Theme.elder ? (Theme.cells(title) > 14 ? 42 : 50) : 36)
        : long ? Theme.px(32) : shape === "line" ? Theme.big(40) : Theme.px(40)

    implicitHeight: words.height + 2 * 24
    enabled: available && !CurrentPage.busy
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: title
    Accessible.description: (badge + " " + hint).trim()
    onClicked: pressedLast = true
    Keys.onReturnPressed: if (enabled) clicked()
    Keys.onEnterPressed: if (enabled) clicked()

    background: Card {
        color: option.down || option.sleeping ? Theme.blueTint : option.available ? Theme.card : Theme.paper
        border.color: option.activeFocus ? Theme.focus : option.down || option.sleeping ? Theme.blue
                    : option.available ? Theme.edge : Theme.line
        border.width: option.activeFocus ? 7 : option.down || option.sleeping ? 5 : 3
    }
    contentItem: Item {
        Rectangle {
            id: frame
            visible: option.iconName.length > 0
            width: option.frameSize
            height: width
            radius: option.shape === "face" || option.ground > 0 ? width / 2 : Math.min(24, width / 4)
            color: option.available ? Theme.toneTint(option.iconTone) : "transparent"
            x: option.shape === "face" ? (parent.width - width) / 2 : option.rim
            y: option.shape === "tile" ? option.rim
             : option.shape === "face" ? (option.ground > 0 && Theme.elder) ? 20 : Math.max(20, (parent.height - height - words.height - 20) / 2)
             : (parent.height - height) / 2
            Icon {
                anchors.centerIn: parent
                name: option.iconName
                color: !option.available ? Theme.faint : option.iconTone.length > 0 ? Theme.toneColor(option.iconTone) : Theme.blue
                size: parent.width * (option.shape === "face" || option.ground > 0 ? 0.72 : 0.54)
            }
        }
        Icon {
            visible: option.leads
            name: "forward"
            color: option.available ? Theme.soft : Theme.line
            size: 56
            x: parent.width - width - 36
            y: (parent.height - height) / 2
        }
        Badge {
            id: mark
            visible: option.badge.length > 0
            text: option.badge
            said: true
            tone: option.best ? "good" : ""
            size: Theme.elder ? 40 : Theme.row
            x: parent.width - width - option.rim
            y: (parent.height - height) / 2
        }
        TextMetrics {
            id: measure
            font.pixelSize: option.titleSize
            font.bold: true
            text: option.title
        }
        Item {
            id: words
            // Does not read the label's ``visible``, which is false on a hidden sheet: a button is as
            // tall there.
            readonly property bool hinted: option.hint.length > 0 && !(oneLine && option.badge.length > 0)
            readonly property bool oneLine: option.shape === "line"
            readonly property bool centred: option.shape === "face"
            readonly property int natural: Math.min(Math.ceil(measure.advanceWidth) + 2, width)
            x: centred ? 16 : option.shape === "tile" ? option.rim
             : option.iconName.length > 0 ? option.rim + option.frameSize + (oneLine ? 24 : option.narrow ? 20 : 32) : 40
            y: option.shape === "tile" ? Math.max(frame.y + frame.height + 12, option.height - height - option.rim + 8)
             : centred ? frame.y + frame.height + 20 : (option.height - height) / 2
            width: option.width - x - (centred ? 16 : option.leads ? 108 : option.badge.length > 0 ? mark.width + option.rim + 24 : Math.min(option.rim, 28))
            height: !hinted ? nameLabel.height
                  : oneLine ? Math.max(nameLabel.height, hintLabel.height) : nameLabel.height + 4 + hintLabel.height
            Label {
                id: nameLabel
                width: words.oneLine && words.hinted ? words.natural : words.width
                y: words.oneLine ? (words.height - height) / 2 : 0
                text: option.title
                font.pixelSize: option.titleSize
                font.bold: true
                color: option.available ? Theme.ink : Theme.faint
                horizontalAlignment: words.centred ? Text.AlignHCenter : Text.AlignLeft
                lineHeight: 0.9
                Accessible.ignored: true
            }
            Label {
                id: hintLabel
                readonly property bool roomy: words.width - words.natural - 24 > Theme.cells(option.hint) * Theme.small * 0.6
                visible: words.hinted
                x: words.oneLine ? words.natural + 24 + Theme.hang(text, font.pixelSize) : 0
                y: words.oneLine ? (words.height - height) / 2 : nameLabel.height + 4
                width: words.width - (words.oneLine ? words.natural + 24 : 0)
                text: option.hint
                font.pixelSize: !words.oneLine ? Theme.hint : !Theme.elder ? 28 : roomy ? Theme.small : 34
                horizontalAlignment: words.oneLine ? Text.AlignRight : Text.AlignLeft
                lineHeight: 0.9
                color: option.tone.length > 0 ? Theme.toneColor(option.tone)
                     : option.available ? Theme.soft : Theme.amber
                Accessible.ignored: true
            }
        }
    }
    Connections {
        target: CurrentPage
        enabled: option.pressedLast
        function onBusyChanged() { if (!CurrentPage.busy) option.pressedLast = false }
    }
}
