// One thing to choose: icon, title, what it means.
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
    property bool stacked: false      // icon above the words (a tile), else beside them
    property bool sleeping: Bridge.busy && pressedLast
    property bool pressedLast: false

    enabled: available && !Bridge.busy
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: title
    Accessible.description: hint
    onClicked: pressedLast = true

    background: Card {
        color: option.down || option.sleeping ? Theme.blueTint : option.available ? Theme.card : Theme.paper
        border.color: option.activeFocus ? Theme.focus : Theme.line
        border.width: option.activeFocus ? 6 : Theme.highContrast ? 2 : 1
    }
    contentItem: Item {
        Rectangle {
            id: frame
            visible: option.iconName.length > 0
            width: option.stacked ? 96 : Math.min(Theme.px(100), option.height - 48)
            height: width
            radius: 24
            color: option.available ? Theme.blueTint : Theme.paper
            x: option.stacked ? 36 : 40
            y: option.stacked ? 36 : (parent.height - height) / 2
            Icon {
                anchors.centerIn: parent
                name: option.iconName
                color: option.available ? Theme.blue : Theme.faint
                size: parent.width * 0.52
            }
        }
        Column {
            id: words
            spacing: 4
            x: option.stacked ? 36 : (frame.visible ? frame.x + frame.width + 36 : 40)
            width: parent.width - x - 32
            y: option.stacked ? Math.max(frame.y + frame.height + 16, parent.height - height - 32)
                              : (parent.height - height) / 2
            Label {
                width: parent.width
                text: option.title
                font.pixelSize: option.stacked ? Theme.tile : Theme.px(40)
                font.bold: true
                color: option.available ? Theme.ink : Theme.faint
                Accessible.ignored: true
            }
            Label {
                width: parent.width
                visible: text.length > 0
                text: option.hint
                font.pixelSize: Theme.px(30)
                color: option.tone.length > 0 ? Theme.toneColor(option.tone)
                     : option.available ? Theme.soft : Theme.amber
                Accessible.ignored: true
            }
        }
    }
    Connections {
        target: Bridge
        function onBusyChanged() { if (!Bridge.busy) option.pressedLast = false }
    }
}
