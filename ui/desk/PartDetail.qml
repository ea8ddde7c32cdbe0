// The details of one device: picture, code, PIN pad or lights, and its levers.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk.Desk
import "../components"

Levers {
    id: detail
    required property DeskDevice device
    title: device.title
    icon: device.icon
    acts: device.acts
    levers: device.levers
    sighted: device.films || device.shows || device.presses || device.lit
    word: device.word
    tone: device.tone
    line: device.line
    onPressed: key => device.press(key)
    onWell: device.mend()

    Rectangle {                           // the last picture of a camera
        visible: detail.device.films
        width: Math.min(parent.width, 240)
        height: width * 0.75
        radius: 10
        color: "#0B1728"
        Label {
            anchors.centerIn: parent
            visible: film.source.toString().length === 0
            text: qsTr("没有在拍")
            font.pixelSize: 13
            color: Theme.whiteSoft
        }
        Image {
            id: film
            objectName: "film"
            anchors { fill: parent; margins: 4 }
            fillMode: Image.PreserveAspectFit
            source: detail.device.film.length > 0 ? "image://out/" + detail.device.film : ""
            Accessible.role: Accessible.Graphic
            Accessible.name: qsTr("镜头前的画面")
        }
    }
    Label {
        visible: detail.device.plays
        topPadding: 8
        text: qsTr("放一段影片或一张照片")
        font.pixelSize: 13
        color: Theme.soft
        wrapMode: Text.NoWrap
    }
    CodeField {
        id: clipField
        objectName: "clip.path"
        visible: detail.device.plays
        width: parent.width
        text: ""
        Accessible.name: qsTr("影片或照片的文件")
        onAccepted: play.clicked()
    }
    Row {                                 // the film or still before a lens
        visible: detail.device.plays
        topPadding: 8
        spacing: 8
        DeskButton {
            id: play
            objectName: "clip.play"
            text: qsTr("放上")
            iconName: "camera"
            enabled: clipField.text.length > 0
            primary: true
            onClicked: detail.device.play(clipField.text)
        }
        DeskButton {
            id: stop
            objectName: "clip.stop"
            visible: detail.device.clip.length > 0
            text: qsTr("拿开")
            onClicked: detail.device.stopClip()
        }
    }
    Row {                                 // the code held before a scanner
        visible: detail.device.shows
        width: parent.width
        spacing: 8
        CodeField {
            id: code
            objectName: "code.text"
            width: parent.width - show.width - (remove.visible ? remove.width + 8 : 0) - 8
            Accessible.name: qsTr("码里的内容")
        }
        DeskButton {
            id: show
            objectName: "code.show"
            text: qsTr("出示")
            iconName: "scan"
            enabled: code.text.length > 0
            primary: true
            onClicked: detail.device.show(code.text)
        }
        DeskButton {
            id: remove
            objectName: "code.remove"
            visible: detail.device.removes
            text: qsTr("拿开")
            onClicked: detail.device.remove()
        }
    }
    Pad {
        visible: detail.device.presses
        width: Math.min(parent.width, 320)
        entering: detail.device.entering
        digits: detail.device.digits
        onPressed: key => detail.device.pressKey(key)
    }
    Flow {                                // the guide lights that are on
        visible: detail.device.lit
        width: parent.width
        spacing: 6
        Label {
            height: 26
            text: qsTr("指示灯")
            font.pixelSize: 13
            color: Theme.soft
            wrapMode: Text.NoWrap
            verticalAlignment: Text.AlignVCenter
        }
        Label {
            visible: detail.device.dark
            height: 26
            text: qsTr("都不亮")
            font.pixelSize: 13
            color: Theme.faint
            wrapMode: Text.NoWrap
            verticalAlignment: Text.AlignVCenter
        }
        Repeater {
            model: detail.device.lamps
            Lamp {
                required property DeskLamp modelData
                visible: modelData.shines
                text: modelData.text
                colour: modelData.colour
                flashes: modelData.flashes
            }
        }
    }
}
